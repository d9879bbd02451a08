"""What is written to what is meant: states, words, amounts and dates, the same for every format."""
