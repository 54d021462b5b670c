"""Deployment to the cloud: the template, the packages of the functions, and the images."""
