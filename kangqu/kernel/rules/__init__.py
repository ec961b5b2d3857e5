"""Rules from published documents: sources and how sure we are, dated policies, judgement. No database."""
