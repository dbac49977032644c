"""Commands that run beside the web workers."""
