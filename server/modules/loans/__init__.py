"""Items, and who has them: the main job."""
