"""One module per command of `./longhouse`; each has `run(arguments) -> exit status`."""
