"""The exact meaning of a formula, one row at a time: slow, plain, and the measure of the column form."""
