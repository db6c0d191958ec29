"""Where the ports of time and concurrency meet the real machine."""
