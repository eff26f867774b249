"""What a study asks of the cell models: the plan of tasks, their performance, and what follows from them."""
