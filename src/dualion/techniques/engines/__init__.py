"""Adapters around libraries that a technique computes with: plain arrays in, plain arrays out."""
