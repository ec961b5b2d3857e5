"""The cold chain of vaccines: fridges, readings, excursions, and what is held because of them."""
