"""What the stages of one run share: the parts in the making, and the sheet they are written on."""
