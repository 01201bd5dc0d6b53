"""What a trained model gives: text, blanks filled, log-probabilities, and measurements of its inside."""
