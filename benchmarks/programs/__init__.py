"""Programs that rigs start as processes of their own, each alone in a file: a peer's Python runs it, too."""
