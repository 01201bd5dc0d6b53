"""What a trained model is asked: text, blanks, numbers, and who attends to whom."""
