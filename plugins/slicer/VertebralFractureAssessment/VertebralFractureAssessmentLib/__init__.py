"""What the 3D Slicer module is made of; nothing here imports Slicer, Qt or vfa before it is needed."""
