"""What training does to a recurrent network: gradients through time, and what to try next."""
