"""The ways out: email, SMS and push, behind one port."""
