# Filled as targets appear.
