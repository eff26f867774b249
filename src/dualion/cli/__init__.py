"""The command line: one file for each verb, with heavy imports inside the verb."""
