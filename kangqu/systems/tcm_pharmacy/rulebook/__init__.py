"""审方规则表: the tables the review judges by, for people to read: by table, by rule, by herb, as they were on a day."""
