"""What runs inside the sandbox. Imports the standard library and itself: nothing else of ours is visible in there."""
