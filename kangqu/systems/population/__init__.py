"""人口健康信息 Population: one person, one record."""
