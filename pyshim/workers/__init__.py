"""Worker processes: the zygote, its forks, and the memory they share with the host."""
