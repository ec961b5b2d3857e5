"""接种门诊: the day at the clinic: pre-check, giving, observation."""
