"""The iterative sampler: schedules, orders, guidance, masks."""
