"""What is measured, not tested: scripts with a make target each."""
