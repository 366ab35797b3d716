"""Lambda's entry points, which wire and decide nothing, and crhelper's subclass."""
