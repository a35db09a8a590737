raise SystemExit("imported from PYTHONPATH")
