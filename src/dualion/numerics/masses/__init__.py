"""What a cell weighs: five mass bases, masses from a cell record, and the balance of a dual-ion cell."""
