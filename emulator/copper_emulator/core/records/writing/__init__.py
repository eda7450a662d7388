"""Writing records as a request says and working out what changed: single actions, and commands made up of several."""
