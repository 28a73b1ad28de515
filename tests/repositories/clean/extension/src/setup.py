# The extension plays no part in the check: only where it is built does.
