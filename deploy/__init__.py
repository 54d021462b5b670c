"""What brings LeaderForge to the cloud: the template, the packages of its functions, the images."""
