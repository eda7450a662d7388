"""How do accounts outlive the process? As rows, in the state file and in snapshots."""
