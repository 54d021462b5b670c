delete from challenges where invitation = $1;
