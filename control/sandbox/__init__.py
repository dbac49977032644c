"""Sandbox hosts: disposable Debian 13 hosts booted by systemd-nspawn on the machine we are on."""
