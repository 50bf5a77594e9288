"""The graph of the strategies that ours is compared with: no diagnosis, no curriculum, no gate."""
