"""One card, one code (健康一卡（码）通): a resident shows one code at any desk of the city. See docs/systems/one_code.md."""
