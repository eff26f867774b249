"""What computed energies say of the claims on desolvation: results shipped with a study, the findings in them, the verdicts."""
