# The program plays no part in the check: only its name does.
