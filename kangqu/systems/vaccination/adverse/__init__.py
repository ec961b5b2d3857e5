"""疑似预防接种异常反应: reported, looked into, classed."""
