"""What patients say of their medicine: once a prescription, changeable for some days; who may read it."""
