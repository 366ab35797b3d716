"""Pure decisions, which know no AWS, no clock and no chance."""
