"""The embedded AWS: MiniStack and a Comprehend emulator, started and stopped on this machine."""
