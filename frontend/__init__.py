"""The page over the assistant: everything that a browser or a program asks for over HTTP."""
