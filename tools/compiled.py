"""Compile the kernels once before the tests, so that their workers find them and do not each compile the same."""

from titrant.pkpd.compiled import compile_kernels

if __name__ == "__main__":
    compile_kernels()
