"""Reactions at nitrogen: oxidation against hydrogenation, with and without zinc."""
