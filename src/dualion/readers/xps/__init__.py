"""Files of photoelectron spectrometers: VAMAS with the models of CasaXPS, result tables of CasaXPS, workbooks of Avantage."""
