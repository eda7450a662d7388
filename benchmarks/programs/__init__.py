"""Programs that rigs start as processes; each is a single file, because a peer's Python runs it, too."""
