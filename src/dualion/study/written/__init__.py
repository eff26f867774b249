"""What a user writes: the files of a study folder, their forms, and the checks that they fit together."""
