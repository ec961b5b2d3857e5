"""疫苗库存: lots, vials by place, and every movement of them."""
