"""Floor 2: the chart, its coding, the review queue and the trail."""
