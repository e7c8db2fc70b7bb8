"""Laws that hold for every case, one file for each family, each with the hazards that it controls."""
