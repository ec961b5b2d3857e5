"""接种卡: what a resident sees of her own and her family's vaccinations."""
