"""Files of Neware cyclers: binary, csv in two layouts, workbooks."""
