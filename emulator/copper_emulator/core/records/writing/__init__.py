"""Writing records as a request says and working out what changed: single actions, and deeds made up of several."""
